"""Countersign: a practice system whose billing company comes in through one guarded door."""

__version__ = "0.1.0"
