"""Namespaces of exported symbols (commit 8651ec01daed, 5.4) and those of named modules (6.16)."""

from __future__ import annotations

from lab.symbols.why.module import Module

__all__ = ["MODULES", "allowed", "names_module"]

MODULES = "module:"  # what a namespace for named modules begins with


def allowed(namespace: str | None, module: Module) -> bool:
    """Whether verify_namespace_is_imported() lets `module` use an export of `namespace`."""
    return not namespace or names_module(namespace, module.name) or namespace in module.imports


def names_module(namespace: str, name: str) -> bool:
    """Whether `namespace` is `module:` and a list that has `name`: names or beginnings with `*`, `-` as `_`.

    verify_module_namespace() in kernel/module/main.c, from 6.16 on.
    """
    if not namespace.startswith(MODULES):
        return False
    name = name.replace("-", "_")
    for pattern in namespace.removeprefix(MODULES).replace("-", "_").split(","):
        if name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern:
            return True
    return False
