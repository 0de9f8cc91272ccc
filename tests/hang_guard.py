"""How long a test waits for another process before it takes it to hang. No test says how fast anything is."""

# Seconds: on a machine with other work, a process that only imports torch may need a minute.
HANG_GUARD = 600
