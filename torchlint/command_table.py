"""The commands of the command line."""

# Name, module with `add_arguments(parser)` and `run(arguments) -> int`, and what the command does.
COMMANDS = {
    "check": ("torchlint.commands.check", "Check files and directories; `torchlint PATHS` is the same."),
    "rule": ("torchlint.commands.rule_pages", "Explain a rule, or all of them."),
    "shapes": (
        "torchlint.commands.shape_listing",
        "Print a file with the shapes that are known at the ends of its lines.",
    ),
    "demonstrate": (
        "torchlint.verify.demonstrate",
        "Show the harm of a mistake in numbers: run it beside the mended program (needs torch).",
    ),
    "baseline": (
        "torchlint.commands.baseline_file",
        "Record what is found now, so that only what is new is reported.",
    ),
    "config": ("torchlint.commands.config_keys", "Explain the keys of the configuration."),
    "new-rule": ("torchlint.commands.new_rule", "Write the files of a rule of your own: rule, fixture and test."),
    "clean": ("torchlint.commands.clean", "Delete the findings cache."),
    "server": ("torchlint.server.stdio", "Serve an editor: findings, fixes and facts while typing (needs pygls)."),
    "verify": ("torchlint.verify.command", "Run rewrites before and after on generated tensors (needs torch)."),
    "generate-shell-completion": (
        "torchlint.commands.shell_completion",
        "Print a script that completes commands and options in bash, zsh or fish.",
    ),
    "version": ("torchlint.commands.version", "Print the version."),
}
