"""Middleware, for every request."""
