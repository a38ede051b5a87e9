"""What the product costs at size, measured: a synthetic company, served and driven over HTTP.

`python -m bench` builds the companies, measures them part by part and writes one report; see
`docs/benchmark.md`. Not installed with the product.
"""
