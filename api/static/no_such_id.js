// A page that has nothing to show, but leads to those that have.

import { connection, frame } from './frame.js'

frame()
connection('none', 'Nothing here')
