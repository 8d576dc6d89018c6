cyclictest -m -q -p80 -i2000000 -h60 -D1 -a 0-1 -t2 --mainaffinity=0 --policy=fifo --json=z.json --histfile=z.hist
rc=0
