"""The version, and nothing else: the build reads it without importing the product."""

VERSION = "0.1.0"
