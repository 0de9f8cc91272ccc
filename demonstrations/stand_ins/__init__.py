"""Stand-ins for libraries other than torch: the few names that demonstrations use, with what these do."""
