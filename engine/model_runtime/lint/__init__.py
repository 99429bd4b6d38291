"""Checks of specs: rules, one a file, and findings in the forms of people and machines.

rules      code -> rule, its state and its severity; entry is a row, subject what a rule looks at
runner     specs -> findings: loads, compiles, runs the rules, heeds comments
mock_calls compiled spec -> what cannot be rendered
fixes      finding -> a safe edit of its line
report     findings -> text with the source line and a caret, or JSON-ready data
formats    findings -> annotations, JUnit; sarif -> SARIF 2.1.0
explain    code -> the page of its rule
"""
