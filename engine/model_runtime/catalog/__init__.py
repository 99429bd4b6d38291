"""Descriptions of providers and models for people and front ends; nothing is compiled here.

text          texts in several languages
models        one model: features, properties, parameter rules, prices
provider      one provider: label, forms, model types, models
icons         the icon of a provider: its file, or one drawn from its label
customizable  what the credentials of a model that the user names tell of it
changes       the models of a spec against those that its service lists
"""
