"""What `python -m tools.make_site` runs."""

from .build import main

raise SystemExit(main())
