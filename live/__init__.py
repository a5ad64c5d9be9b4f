"""Wake-ups. Topics and text; no HTTP, no SQL, no HTML. Losing any of it costs a moment only."""
