"""`python -m torchlint`."""

import os
import signal
import sys

if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until there is something to report, Ctrl-C is not a traceback of imports.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if not sys.flags.safe_path:
        # The working directory, where `json.py` may be a file of the project that is checked: it is not to be imported.
        _folder = sys.path.pop(0)
        if _folder == os.path.dirname(os.path.dirname(__file__)):
            sys.path.append(_folder)  # a checkout of torchlint, in which it runs without being installed

from torchlint.cli import script

if __name__ == "__main__":
    script()
