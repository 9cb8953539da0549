"""Telling: each reporter is a function of a Run."""
