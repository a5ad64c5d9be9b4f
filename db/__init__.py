"""SQL as text: one file a noun, one function a query, named for its result."""
