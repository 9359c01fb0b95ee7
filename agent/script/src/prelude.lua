-- What scripts find, made of what Lua has. Given what is written in Rust, it returns how scripts are compiled into it and run.
--
-- Lua 5.1 knows no tables that cannot be written: scripts see empty ones instead (guards), whose metatables lead to what is behind.

local native = ...

local error, getmetatable, pcall, rawget, rawset = error, getmetatable, pcall, rawget, rawset
local next, select, setmetatable, tonumber, tostring = next, select, setmetatable, tonumber, tostring
local type, unpack, xpcall, collectgarbage = type, unpack, xpcall, collectgarbage
local floor, sub, concat = math.floor, string.sub, table.concat
local resume, insert = coroutine.resume, table.insert
local seen, argument_error = native.seen, native.argument_error

local READONLY = "Attempt to modify a readonly table"
-- A C function, and so an unpacking one, has so many values at most.
local VALUES_MAX = 7990

-- What is behind a guard.
local behind = setmetatable({}, { __mode = "k" })

local function refuse()
  error(READONLY, 2)
end

local sealed = {}
setmetatable(sealed, { __newindex = refuse, __metatable = sealed })
behind[sealed] = {}

local function guard(of)
  local made = {}
  behind[made] = of
  return setmetatable(made, { __index = of, __newindex = refuse, __metatable = sealed })
end

local function missing(_, name)
  local kind = type(name)
  if kind ~= "string" and kind ~= "number" then
    error("Second argument to luaProtectedTableError must be a string or number", 2)
  end
  error("Script attempted to access nonexistent global variable '" .. name .. "'", 2)
end

-- Errors, as scripts see them.

local function caught(ok, value, ...)
  if ok then
    return true, value, ...
  end
  if type(value) == "userdata" then
    value = seen(value)
  end
  if type(value) == "table" then
    local text = value.err
    if type(text) == "string" or type(text) == "number" then
      value = text
    end
  end
  return false, value
end

local function resumed(ok, value, ...)
  if not ok and type(value) == "userdata" then
    value = seen(value)
  end
  return ok, value, ...
end

-- An error with the place of whoever did not catch it.
local function placed(value)
  if type(value) == "userdata" then
    value = native.seen_at_last(value)
  end
  if type(value) ~= "table" then
    value = { err = "ERR " .. tostring(value) }
  elseif behind[value] then
    value = {}
  end
  local source, line = native.place()
  if source then
    rawset(value, "source", source)
    rawset(value, "line", line)
  end
  return value
end

local given = {}

function given.pcall(...)
  if select("#", ...) == 0 then
    return
  end
  return caught(pcall(...))
end

function given.xpcall(...)
  if select("#", ...) < 2 then
    argument_error(2, "value")
  end
  local work, handler = ...
  return resumed(xpcall(work, function(value)
    if type(value) == "userdata" then
      local raw = value
      value = native.seen_at_last(raw)
      if native.ends() then
        return raw
      end
    end
    return handler(value)
  end))
end

-- Tables, and what looks through guards.

function given.next(of, key)
  if type(of) ~= "table" then
    argument_error(1, "table", type(of))
  end
  return next(behind[of] or of, key)
end

function given.pairs(...)
  local of = ...
  local hidden = behind[of]
  if hidden then
    return function(_, key) return next(hidden, key) end, of, nil
  end
  if type(of) ~= "table" then
    argument_error(1, "table", select("#", ...) == 0 and "no value" or type(of))
  end
  return next, of, nil
end

function given.rawget(of, key)
  if type(of) ~= "table" then
    argument_error(1, "table", type(of))
  end
  return rawget(behind[of] or of, key)
end

function given.rawset(of, key, value)
  if type(of) ~= "table" then
    argument_error(1, "table", type(of))
  end
  if behind[of] then
    error(READONLY, 0)
  end
  return rawset(of, key, value)
end

function given.setmetatable(of, metatable)
  if type(of) ~= "table" then
    argument_error(1, "table", type(of))
  end
  if type(metatable) ~= "table" and metatable ~= nil then
    argument_error(2, "nil or table")
  end
  if behind[of] then
    error(READONLY, 0)
  end
  local ok, why = pcall(setmetatable, of, metatable)
  if not ok then
    error(why, 2)
  end
  return of
end

local function whole(number, value, default)
  if value == nil then
    return default
  end
  local found = tonumber(value)
  if not found or type(value) == "table" then
    argument_error(number, "number", type(value), 3)
  end
  return found >= 0 and floor(found) or -floor(-found)
end

function given.unpack(...)
  local of, first, last = ...
  if type(of) ~= "table" then
    argument_error(1, "table", select("#", ...) == 0 and "no value" or type(of))
  end
  first = whole(2, first, 1)
  last = whole(3, last, #of)
  if first > last then
    return
  end
  if not (last - first < VALUES_MAX) then
    error("too many results to unpack", 2)
  end
  return unpack(of, first, last)
end

local function guarded_insert(of, ...)
  if behind[of] then
    error(READONLY, 2)
  end
  if type(of) ~= "table" then
    argument_error(1, "table", of == nil and "nil" or type(of))
  end
  local count = select("#", ...)
  if count ~= 1 and count ~= 2 then
    error("wrong number of arguments to 'insert'", 2)
  end
  if count == 2 and not tonumber((...)) then
    argument_error(2, "number", type((...)))
  end
  return insert(of, ...)
end

-- What replaces a match may be what a function says of its captures.
local function substituted(...)
  local of, _, by = ...
  local found, count = native.patterns.gsub(...)
  if type(found) ~= "table" then
    return found, count
  end
  local parts, from = {}, 1
  of = tostring(of)
  for index = 1, count do
    local match = found[index]
    local first, last = match[1], match[2]
    local value = by(unpack(match, 3))
    if not value then
      value = sub(of, first, last)
    elseif type(value) ~= "string" and type(value) ~= "number" then
      error("invalid replacement value (a " .. type(value) .. ")", 2)
    end
    parts[#parts + 1] = sub(of, from, first - 1)
    parts[#parts + 1] = value
    from = last + 1
  end
  parts[#parts + 1] = sub(of, from)
  return concat(parts), count
end

-- Code. Bytecode is none.

local function compiled(code, name)
  local made, why = native.compile(code, name)
  if made then
    return made
  end
  return nil, why
end

function given.loadstring(code, name)
  if type(code) ~= "string" and type(code) ~= "number" then
    argument_error(1, "string", type(code))
  end
  code = tostring(code)
  return compiled(code, name ~= nil and tostring(name) or code)
end

function given.load(from, name)
  if type(from) ~= "function" then
    argument_error(1, "function", type(from))
  end
  local parts = {}
  while true do
    local ok, part = pcall(from)
    if not ok then
      if type(part) == "userdata" then
        part = seen(part)
      end
      return nil, placed(part)
    end
    if part == nil or part == "" then
      break
    end
    if type(part) ~= "string" and type(part) ~= "number" then
      local _, why = pcall(error, "reader function must return a string", 3)
      return nil, placed(why)
    end
    parts[#parts + 1] = tostring(part)
  end
  return compiled(concat(parts), name ~= nil and tostring(name) or "=(load)")
end

-- Scripts may look, and clean up; how it is done is not theirs.
local collections = { collect = true, count = true, step = true }
local settings = { stop = true, restart = true, setpause = true, setstepmul = true }

function given.collectgarbage(what, ...)
  if what == nil or collections[what] then
    return collectgarbage(what or "collect", ...)
  end
  if not settings[what] then
    local _, why = pcall(error, "bad argument #1 to 'collectgarbage' (invalid option '" .. tostring(what) .. "')", 3)
    error(why, 0)
  end
  return 0
end

-- What there is, by name.

local function copied(of)
  local made = {}
  for name, value in next, of do
    made[name] = value
  end
  return made
end

local globals = copied(given)
for _, name in next, {
  "assert", "error", "gcinfo", "getmetatable", "ipairs", "rawequal", "select", "tonumber", "tostring", "type", "_VERSION",
} do
  globals[name] = _G[name]
end

local strings, tables, coroutines = copied(string), copied(table), copied(coroutine)
for name, pattern in next, native.patterns do
  strings[name] = pattern
end
strings.gsub, strings.gfind = substituted, strings.gmatch
tables.insert = guarded_insert
function coroutines.resume(...)
  return resumed(resume(...))
end

globals.string = guard(strings)
globals.table = guard(tables)
globals.coroutine = guard(coroutines)
globals.math = guard(native.math)
globals.os = guard({ clock = os.clock })
globals.bit = guard(native.bit)
globals.cjson = guard(native.cjson)
globals.cmsgpack = guard(native.cmsgpack)
globals.struct = guard(native.struct)
globals.redis = guard(native.redis)
globals.__redis__err__handler = placed
setmetatable(globals, { __index = missing })

local of_strings = getmetatable("")
of_strings.__index = globals.string
of_strings.__metatable = guard({ __index = globals.string })

local environment = {}
behind[environment] = globals
local leads = { __index = globals, __newindex = refuse, __metatable = sealed }
setmetatable(environment, leads)
globals._G = environment

-- While a library is loaded there is little.
local library = setmetatable({ redis = guard(setmetatable(native.library, { __index = missing })) }, { __index = missing })

-- How scripts are run.

local run = {}

function run.script(script, keys, args)
  globals.KEYS = keys
  globals.ARGV = args
  return xpcall(script, placed)
end

-- Called by name, a function is not the one that was called first.
run["function"] = function(work, keys, args)
  return xpcall(function() return work(keys, args) end, placed)
end

function run.library(code)
  leads.__index = library
  local ok, value = xpcall(code, placed)
  leads.__index = globals
  return ok, value
end

return environment, run
