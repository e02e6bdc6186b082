"""Running a plan: one request after another, or many ahead with the same pages in the same order.

A driver knows nothing of networks: it is given a function that answers a request with a page.
"""
