"""One run, from checked profiles to rows in their place, and what is told of it."""
