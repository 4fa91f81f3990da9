import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOfLanguage } from "../../../static/js/languages.js";
import { makePage } from "./page.js";

test("a language has its name in the page's language", () => {
  const page = makePage();
  assert.equal(nameOfLanguage("de"), "German");
  page.documentElement.lang = "de";
  assert.equal(nameOfLanguage("de"), "Deutsch");
});

test("what is no language stands as it is", () => {
  makePage();
  assert.equal(nameOfLanguage("de (Wien)"), "de (Wien)");
  assert.equal(nameOfLanguage("xx"), "xx");
});
