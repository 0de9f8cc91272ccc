"""Walk a newcomer's path: `python tools/first_steps.py FOLDER` runs what README says, in a new project.

FOLDER is a virtual environment to install torchlint into, without torch; pip's own variables (`PIP_FIND_LINKS`,
`PIP_CONSTRAINT`) say where it comes from. Every command of README is run as it stands there, except those that its
tests and `.ci/run` run by their markers; what it says of files and editors is done too. Ends with 1 at the first
thing that is not as README says.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# The program that a newcomer has: some findings, two of them with a safe fix.
PROGRAM = ROOT / "docs" / "example.py"
HANG_GUARD = 300
# What stands above a line that README shows with a comment that silences it.
_SILENCED = """\
import torch
import torch.nn.functional as F

p = torch.softmax(x, dim=1)"""


class Seen(NamedTuple):
    """What must come of a command: its exit code, and a text in its output or, after it, in the program."""

    code: int
    output: str = ""
    program: str = ""


# Commands without a row must end with 0 or 1, without an error; a row whose command README has no more is an error.
EXPECTED = {
    "torchlint src": Seen(1, "TLT202 [*] warning"),
    "torchlint --diff src": Seen(1, "+    return torch.logsumexp(scores, dim=1)"),
    "torchlint --fix src": Seen(1, "(4 fixed", "torch.logsumexp(scores, dim=1)"),
    "torchlint shapes src/net.py": Seen(0, "# (32, 64)"),
    "torchlint baseline": Seen(0, "findings in 2 files in torchlint-baseline.json"),
    "torchlint --baseline torchlint-baseline.json": Seen(0, "All checks passed!"),
    "torchlint --changed-since origin/main": Seen(0, "All checks passed!"),
    'torchlint --add-noqa="old code" src': Seen(0, program="# noqa: TLT202"),
    "torchlint --output-format github": Seen(1, "::warning title=torchlint (TLT202),file=src/train.py,line=31,"),
    "torchlint - --stdin-filename net.py": Seen(1, "--> net.py:31:30"),
    "flake8 src": Seen(1, "src/train.py:31:30: TLT202"),
}


class ReadmeError(Exception):
    """Something is not as README says."""


def main(environment: Path) -> None:
    """Walk the path with the programs of a virtual environment."""
    # What is started in the background ignores Ctrl-C, and so would `--watch`, which is ended by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    variables = {**os.environ, "PATH": os.pathsep.join([str(environment / "bin"), "/usr/bin", "/bin"]), "NO_COLOR": "1"}
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), variables)
        said = [command for block in blocks("console") for command in block.splitlines()]
        unknown = EXPECTED.keys() - {written(command) for command in said}
        if unknown:
            raise ReadmeError(f"README does not say it any more: {', '.join(sorted(unknown))}")
        for command in said:
            print(f"$ {command}", flush=True)
            project.try_command(command)
        for table in blocks("toml"):
            project.try_configuration(table)
        for program in blocks("python"):
            project.try_python(program)
        print("the editor's server", flush=True)
        project.try_server()


def blocks(language: str) -> list[str]:
    """The code blocks of README in this language, except those with a marker, which others run."""
    found = re.findall(rf"^(.*)\n```{language}\n((?:(?!```).*\n)*)```$", README, re.MULTILINE)
    return [text for before, text in found if not before.endswith("-->")]


def written(command: str) -> str:
    """A command without the words about it."""
    return re.split(r"\s+# ", command)[0]


class Project:
    """A project under git whose `src` has the program twice."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._variables = variables
        self._program = folder / "src" / "train.py"
        self._program.parent.mkdir()
        for name in ("train.py", "net.py"):
            shutil.copy(PROGRAM, folder / "src" / name)
        identity = "-c user.name=newcomer -c user.email=newcomer@example.org -c commit.gpgsign=false"
        self._run(f"git init -q . && git add . && git {identity} commit -qm begin")
        self._run("git update-ref refs/remotes/origin/main HEAD")

    def try_command(self, command: str, seen: Seen | None = None) -> None:
        """Run a command on the program as it was at the beginning, and compare what came of it."""
        self._run("git checkout -q .")
        if "--watch" in written(command).split():
            self._try_watching(written(command))
            return
        done = self._run(command, PROGRAM.read_text(encoding="utf-8") if " - " in command else "", check=False)
        if not self._is_as_expected(command, done, seen or EXPECTED.get(written(command))):
            raise ReadmeError(f"{command}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")

    def _is_as_expected(self, command: str, done: subprocess.CompletedProcess[str], seen: Seen | None) -> bool:
        if "needs torch" in command:
            said = re.fullmatch(r"error: .* needs torch: pip install .*\n", done.stderr)
            return done.returncode == 2 and said is not None
        if seen is None:
            return done.returncode in (0, 1) and "error:" not in done.stderr
        is_shown = seen.output in done.stdout + done.stderr
        return done.returncode == seen.code and is_shown and seen.program in self._program.read_text(encoding="utf-8")

    def try_configuration(self, table: str) -> None:
        """Check the program under this pyproject.toml."""
        path = self._folder / "pyproject.toml"
        path.write_text(table, encoding="utf-8")
        self.try_command("torchlint")
        path.unlink()

    def try_python(self, program: str) -> None:
        """Run a program that imports torchlint; of any other, each line must silence what is found in it."""
        path = self._folder / "tried.py"
        if "import" in program:
            path.write_text(program, encoding="utf-8")
            shown = self._run("python tried.py").stdout
            if "src/train.py 53 20 TLT101 `cross_entropy` gets probabilities" not in shown:
                raise ReadmeError(f"{program}\n{shown}")
        else:
            lines = program.splitlines()
            comments = [line for line in lines if line.startswith("#")]
            for line in (line for line in lines if line not in comments):
                path.write_text("\n".join([_SILENCED, line, *comments]), encoding="utf-8")
                self.try_command("torchlint tried.py", Seen(0))
        path.unlink()

    def try_server(self) -> None:
        """Open the program as an editor does, and wait for what the server finds in it."""
        self._run("git checkout -q .")
        text = self._program.read_text(encoding="utf-8")
        opened = {"uri": self._program.as_uri(), "languageId": "python", "version": 1, "text": text}
        root = self._folder.as_uri()
        with self._started("exec torchlint server", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            answers = _messages(server.stdout)
            _send(server.stdin, "initialize", {"processId": None, "rootUri": root, "capabilities": {}}, number=1)
            abilities = next(answer for answer in answers if answer.get("id") == "1")["result"]["capabilities"]
            _send(server.stdin, "initialized", {})
            _send(server.stdin, "textDocument/didOpen", {"textDocument": opened})
            published = (answer for answer in answers if answer.get("method") == "textDocument/publishDiagnostics")
            found = {diagnostic["code"] for diagnostic in next(published)["params"]["diagnostics"]}
            _send(server.stdin, "shutdown", None, number=2)
            next(answer for answer in answers if answer.get("id") == "2")
            _send(server.stdin, "exit", None)
            status = server.wait(HANG_GUARD)
        if not ({"TLT101", "TLT202"} <= found and abilities.get("codeActionProvider") and status == 0):
            raise ReadmeError(f"the server found {sorted(found)}, ended with {status} and can do {abilities}")

    def _try_watching(self, command: str) -> None:
        with self._started(f"exec {command}", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
            assert run.stderr is not None
            first = run.stderr.readline().decode()
            run.send_signal(signal.SIGINT)
            status = run.wait(HANG_GUARD)
        if not (first.startswith("Watching for changes") and status == 130):
            raise ReadmeError(f"{command}: {status}: {first}")

    def _started(
        self, command: str, stdin: int | None = None, stdout: int | None = None, stderr: int | None = None
    ) -> subprocess.Popen[bytes]:
        words = ["bash", "-c", command]
        return subprocess.Popen(words, stdin=stdin, stdout=stdout, stderr=stderr, cwd=self._folder, env=self._variables)

    def _run(self, command: str, given: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._variables,
            input=given,
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_GUARD,
        )
        if check and done.returncode:
            raise ReadmeError(f"{command}\n{done.stdout}{done.stderr}")
        return done


def _send(stream: IO[bytes], method: str, parameters: object, number: int | None = None) -> None:
    message: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": parameters}
    if number is not None:
        message["id"] = str(number)
    body = json.dumps(message).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    stream.flush()


def _messages(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """What a server says, message by message."""
    while line := stream.readline():
        headers = [line]
        while headers[-1].strip():
            headers.append(stream.readline())
        length = re.search(rb"Content-Length: (\d+)", b"".join(headers))
        assert length is not None
        yield json.loads(stream.read(int(length[1])))
    raise ReadmeError("the server ended before it was told to")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).absolute())
    except ReadmeError as error:
        raise SystemExit(f"README says otherwise: {error}") from None
