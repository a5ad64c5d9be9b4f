"""The servers that are compared, each doing the same job in its own usual way."""
