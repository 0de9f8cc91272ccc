-- A session of Neovim with the language server, told line by line. Run by test_neovim.py:
-- nvim --headless -u NONE -i NONE -l or -S this file; PYTHON names the interpreter, PROGRAM the file to open.
local uri_of = vim.uri_from_bufnr
local function tell(...)
  io.stdout:write(string.format(...), "\n")
end

local function fail(text)
  tell("FAILED: %s", text)
  vim.cmd("cquit 1")
end

local function wait_for(what, condition)
  if not vim.wait(tonumber(vim.env.PATIENCE) * 1000, condition, 20) then
    fail(what)
  end
end

vim.cmd("edit " .. vim.fn.fnameescape(vim.env.PROGRAM))
vim.bo.filetype = "python"
local buffer = vim.api.nvim_get_current_buf()
local client = vim.lsp.start_client({
  name = "torchlint",
  cmd = { vim.env.PYTHON, "-m", "torchlint", "server" },
  root_dir = vim.fn.fnamemodify(vim.env.PROGRAM, ":h"),
})
vim.lsp.buf_attach_client(buffer, client)

local function show_diagnostics()
  for _, each in ipairs(vim.diagnostic.get(buffer)) do
    tell("  line %d, column %d: %s %s", each.lnum + 1, each.col + 1, each.code or each.user_data.lsp.code, each.message)
  end
end

local function ask(method, line, column, more)
  local params = vim.tbl_extend("force", { textDocument = { uri = uri_of(buffer) } }, more)
  local place = { line = line, character = column }
  if method == "textDocument/hover" then
    params.position = place
  else
    params.range = { start = place, ["end"] = place }
  end
  local answer = vim.lsp.buf_request_sync(buffer, method, params, tonumber(vim.env.PATIENCE) * 1000)
  return answer and answer[client] and answer[client].result
end

local function show_text()
  for number, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, true)) do
    tell("  %d  %s", number, line)
  end
end

tell("The file is opened:")
show_text()
wait_for("the first diagnostics", function()
  return #vim.diagnostic.get(buffer) == 1
end)
tell("torchlint says:")
show_diagnostics()

tell("What is known of `scores`:")
local hover = ask("textDocument/hover", 4, 4, {})
for line in vim.gsplit(hover.contents.value, "\n") do
  tell("  %s", line)
end

tell("Another function is typed, and not saved:")
vim.api.nvim_buf_set_lines(buffer, -1, -1, true, { "", "", "def g(名前):", "    return (名前.exp() + 1).log()" })
wait_for("the diagnostics after the change", function()
  return #vim.diagnostic.get(buffer) == 2
end)
show_diagnostics()

tell("The quick fixes of the first finding:")
local actions = ask("textDocument/codeAction", 6, 15, { context = { diagnostics = {}, only = { "quickfix" } } })
for _, action in ipairs(actions) do
  tell("  %s%s", action.title, action.isPreferred and " (preferred)" or "")
end

tell("The preferred one is applied:")
vim.lsp.util.apply_workspace_edit(actions[1].edit, vim.lsp.get_client_by_id(client).offset_encoding)
wait_for("the diagnostics after the fix", function()
  return #vim.diagnostic.get(buffer) == 1
end)
show_text()
tell("What is left:")
show_diagnostics()

vim.lsp.stop_client(client)
wait_for("the end of the server", function()
  return vim.lsp.client_is_stopped(client)
end)
tell("The server has ended.")
vim.cmd("qall!")
