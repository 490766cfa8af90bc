def take(items):
    items.append(len(items))
    return items


def grow(table):
    for n in range(50):
        table[n] = table
    return table


items, table = [], {}
items.append(items)
take(items)
grow(table)
print(len(items), items[0] is items, len(table))
