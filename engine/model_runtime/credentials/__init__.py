"""Credentials: the form that a provider declares, and where their values come from.

form     fields of a form, checks of submitted values
source   mapping, callable or environment -> the values of one provider
store    the protocol of a store, which a host implements
"""
