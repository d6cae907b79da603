// node webpack.cjs TYPESCRIPT WEBPACK: bundles the application by webpack, which reads no types; with webpack.config.cjs, if any.
const [ts, webpack] = process.argv.slice(2).map((path) => require(path));
const fs = require("node:fs");
const compilerOptions = { module: "esnext", target: "es2022" };
const { outputText } = ts.transpileModule(fs.readFileSync("main.ts", "utf8"), { compilerOptions });
fs.mkdirSync("built", { recursive: true });
fs.writeFileSync("built/main.js", outputText);
const own = fs.existsSync("webpack.config.cjs") ? require(process.cwd() + "/webpack.config.cjs") : {};
const output = { path: process.cwd() + "/dist", filename: "main.js" };
webpack({ mode: "production", context: process.cwd(), entry: "./built/main.js", output, ...own }, (error, done) => {
  if (error || done.hasErrors()) {
    console.error(error ?? done.toString());
    process.exit(1);
  }
});
