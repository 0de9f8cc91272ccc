"""What a fix needs so that it keeps what a program does, and whether that is certain.

Facts of the value model that only fixes ask for: what is written and when, what shares memory, which dtypes a tensor
can have. What is not certain is a need of the fix, in words.
"""
