"""Programs inside of other files: the cells of Jupyter notebooks, the Python blocks of Markdown.

Both become a `Source` whose text is Python and which knows where each character stands in the file.
"""
