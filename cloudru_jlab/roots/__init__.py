"""Several folders of the machine in one JupyterLab: which they are, how they are, and what is done to them."""
