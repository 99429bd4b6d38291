"""Descriptions of providers and models for people and front ends; nothing is compiled here.

text      texts in several languages
models    one model: features, properties, parameter rules, prices
provider  one provider: label, forms, model types, models
icons     the icon of a provider: its file, or one drawn from its label
"""
