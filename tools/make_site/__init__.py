"""Build the documentation site: `python -m tools.make_site`, with the extra `docs`.

Its pages are made from README.md, docs/, the rules and what was measured of them; nothing that is generated is kept in
the repository. A link that leads nowhere ends the build. Pages load nothing from other hosts.
"""
