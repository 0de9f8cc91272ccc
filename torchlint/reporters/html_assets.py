"""The style and the script of an HTML page. Both are constants: nothing of what was checked goes into them."""

STYLE = """
:root { color-scheme: light dark; --text: #1f2328; --soft: #59636e; --ground: #fff; --code: #f6f8fa; --line: #d1d9e0;
  --link: #0757ba; --error: #b3261e; --warning: #7d5200; --info: #0757ba; --good: #116329; --removed: #ffebe9;
  --added: #dafbe1; --faults: #fff1ef; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9aa4af; --ground: #0d1117; --code: #161b22;
  --line: #30363d; --link: #79b8ff; --error: #ff8a80; --warning: #e3b341; --info: #79b8ff; --good: #6fdd8b;
  --removed: #4a1d1d; --added: #12391f; --faults: #2d1414; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground); max-width: 1280px;
  margin: 0 auto; padding: 1em; }
a { color: var(--link); }
h1 { margin: 0.4em 0 0; font-size: 24px; } h2 { margin: 1.6em 0 0.4em; font-size: 19px; }
h3 { margin: 0; font-size: 15px; overflow-wrap: anywhere; }
.total { font-size: 17px; } .clean { color: var(--good); font-weight: 600; }
.overview { display: grid; gap: 0 2.5em; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
  align-items: start; }
summary { cursor: pointer; } summary h2 { display: inline-block; margin: 1em 0 0.4em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; min-width: 100%; }
th, td { padding: 4px 10px 4px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { white-space: nowrap; } .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.path, .place { overflow-wrap: anywhere; } .place, .place a { color: var(--soft); font-size: 13px; }
td.path { min-width: 12em; }
#filter { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 0.5em 1em; align-items: end;
  margin: 1.5em 0 0; padding: 0.7em 0; background: var(--ground); border-bottom: 1px solid var(--line); }
#filter label { display: flex; flex-direction: column; font-size: 13px; color: var(--soft); min-width: 0;
  flex: 1 1 140px; }
select, input, button { font: inherit; font-size: 14px; color: var(--text); background: var(--ground); width: 100%;
  height: 32px; padding: 4px 6px; border: 1px solid var(--line); border-radius: 4px; }
button { width: auto; cursor: pointer; } output { font-size: 14px; padding: 5px 0; }
article { margin: 0 0 1em; padding: 0.8em 1em; border: 1px solid var(--line); border-radius: 6px;
  scroll-margin-top: 7em; }
article:target { border-color: var(--link); outline: 1px solid var(--link); }
section[data-file] { scroll-margin-top: 5em; }
article p { margin: 0.35em 0; overflow-wrap: anywhere; } .message { font-weight: 600; }
.severity { padding: 0 7px; border: 1px solid; border-radius: 9px; font-size: 12px; font-weight: 600; }
.error { color: var(--error); } .warning { color: var(--warning); } .info { color: var(--info); }
.mark { color: var(--good); font-size: 13px; }
pre { margin: 0.5em 0; padding: 8px 10px; overflow-x: auto; background: var(--code); border-radius: 4px;
  font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.gutter { color: var(--soft); } .caret { font-weight: 700; } .marker { color: var(--link); }
.removed { background: var(--removed); } .added { background: var(--added); }
.faults { margin: 1em 0; padding: 0.2em 1em; background: var(--faults); border-left: 4px solid var(--error); }
.faults h2 { margin-top: 0.6em; } .faults article { background: var(--ground); }
.evidence h3 { margin-top: 1.4em; scroll-margin-top: 7em; } .evidence td:first-child { min-width: 9em; }
.evidence td { padding-right: 14px; }
.evidence p { max-width: 60em; }
.sizes { white-space: nowrap; color: var(--soft); font-size: 12px; } .sizes svg { vertical-align: -1px; }
circle { fill: none; stroke: var(--soft); } .better { fill: var(--good); stroke: var(--good); }
.evidence td:nth-child(2) { min-width: 17em; } .evidence td:last-child { white-space: nowrap; padding-right: 0; }
footer { margin: 3em 0 1em; color: var(--soft); font-size: 13px; }
@media (max-width: 600px) { #filter { position: static; } article { scroll-margin-top: 1em; padding: 0.7em; }
  .overview table { font-size: 13px; } .overview th, .overview td { padding-right: 6px; } td.path { min-width: 0; } }
@media print { #filter { display: none; } article { break-inside: avoid; } }
"""

# The address keeps what is asked for, so that a view can be sent to someone: `#rule=TLT301&q=loss`.
SCRIPT = """
"use strict";
(() => {
  const form = document.getElementById("filter");
  const sections = [...document.querySelectorAll("main section")];
  const findings = [...document.querySelectorAll("main article")];
  const keys = ["rule", "file", "severity", "fix", "q"];
  const texts = new Map();
  const field = (key) => form.elements.namedItem(key);
  const searched = (finding) => {
    if (!texts.has(finding)) texts.set(finding, finding.textContent.toLowerCase());
    return texts.get(finding);
  };
  const has = (finding, key) => (key === "file" ? finding.parentElement : finding).dataset[key];
  const show = () => {
    const chosen = keys.filter((key) => key !== "q" && field(key).value);
    const words = field("q").value.toLowerCase().split(/\\s+/).filter(Boolean);
    let count = 0;
    for (const finding of findings) {
      const fits = chosen.every((key) => has(finding, key) === field(key).value) &&
        words.every((word) => searched(finding).includes(word));
      finding.hidden = !fits;
      count += fits;
    }
    for (const section of sections) section.hidden = !section.querySelector("article:not([hidden])");
    form.querySelector("output").textContent = `${count} of ${findings.length} shown`;
  };
  const choose = (asked) => {
    for (const key of keys) {
      field(key).value = asked.get(key) || "";
      if (field(key).selectedIndex === -1) field(key).value = "";
    }
    show();
  };
  const read = () => {
    const name = location.hash.slice(1);
    if (!name || name.includes("=")) return choose(new URLSearchParams(name));
    const target = document.getElementById(name);
    if (!target || !target.closest("[hidden]")) return;
    choose(new URLSearchParams());
    target.scrollIntoView();
  };
  const changed = () => {
    const asked = keys.filter((key) => field(key).value).map((key) => [key, field(key).value]);
    history.replaceState(null, "", `#${new URLSearchParams(asked)}`);
    show();
  };
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  window.addEventListener("hashchange", read);
  form.hidden = false;
  show();
  read();
})();
"""
