#!/usr/bin/env node
'use strict';

require('../run.cjs').run(process.argv.slice(2));
