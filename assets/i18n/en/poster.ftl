# poster
