"""The command line: `model-runtime`, a consumer of the library like any other.

main       builds the application: one line per command
opening    what commands share: the option for specs, the runtime and the registry they open
console    standard output and error, and how a failure becomes an exit code
The other modules are one command each; `demo_server` and `demo_child` belong to `demo`.
"""
