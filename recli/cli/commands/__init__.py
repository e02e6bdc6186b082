"""The commands, a module each: options in, exit code out; the work is done elsewhere."""
