"""Checks of specs: what was found, in the forms that people and machines read.

report   findings -> text with the source line and a caret, or JSON-ready data
"""
