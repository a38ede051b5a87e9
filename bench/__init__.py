"""What the product costs at size, and what its search finds: measured.

`python -m bench` builds the companies, measures them part by part and writes one report; see
`docs/benchmark.md`. Not installed with the product.
"""
