"""The station page: what a bench looks like in a browser, and who may do what there."""
