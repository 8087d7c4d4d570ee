"""`python -m wwand` is the `wwand` command."""

from wwand.daemon import main

if __name__ == "__main__":
    main()
