"""What the command line says: groups of options, and what their values mean."""
