// Runs the pinned Bun with the given arguments, for npm scripts: `node bin/bun.js --version`.

const { launch } = require("./launch.js");

launch(process.argv.slice(2));
