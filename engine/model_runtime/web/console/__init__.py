"""The console: pages on providers, models, a playground and a workshop for specs.

Every page is made on the server and works without scripts; scripts add what needs a live page.
"""
