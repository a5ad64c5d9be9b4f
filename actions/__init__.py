"""What people do: validate, store, render, publish.

Only this room publishes and opens transactions, and in it only `changes`.
"""
