"""Put the needs of pairs into their certificates, without running anything else: `python -m tools.make_needs [CODE..]`.

A need is an opposite of ordinary inputs with which both versions of a pair are not the same any more: integers, a tuple
of dims, transposed tensors. `torchlint verify --write` does the same for each pair that it runs on the CPU.
"""

from __future__ import annotations

import argparse

from torchlint import registry
from torchlint.verify.certify import put_needs
from torchlint.verify.inputs.specs import InputError
from torchlint.verify.pair_needs import found_needs
from torchlint.verify.run.units import from_pair


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("codes", nargs="*", metavar="CODE")
    codes: list[str] = parser.parse_args().codes or [info.code for info in registry.rules()]
    found: dict[tuple[str, int], list[str]] = {}
    for code in codes:
        for index, pair in enumerate(getattr(registry.load(code), "pairs", ())):
            try:
                found[code, index] = found_needs(from_pair(pair))
            except InputError:
                continue
            print(code, index, ", ".join(found[code, index]) or "none", flush=True)
    put_needs(found)


if __name__ == "__main__":
    main()
