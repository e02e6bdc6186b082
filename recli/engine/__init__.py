"""From profiles and a query to rows: complete, without repeats, exactly filtered, newest first."""
