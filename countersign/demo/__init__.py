"""Fictional practices for the demo: nobody in here exists."""
