"""Keeps vault, index and runs in step: reads notes and run directories, writes summaries into the vault."""
