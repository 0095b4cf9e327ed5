"""Packages from outside: taken in safely, whatever their layout, as one model. `package.py` is that model."""
