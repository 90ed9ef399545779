"""Identifiers: those a unit tells of itself, and those found in bytes it sent."""
