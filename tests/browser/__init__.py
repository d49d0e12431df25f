"""A package, so that fixtures of package scope (browser, server) end with these tests."""
