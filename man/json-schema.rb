# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Fills mhpctl-json(7) from the JSON Schema. In the page
#
#   include::schema:document[]     is the keys of every document,
#   include::schema:keys-NAME[]    the description and the keys of the definition NAME,
#   include::schema:objects[]      all other definitions of objects, each as a section,
#   include::schema:event[]        the keys that events have in common,
#   include::schema:events[]       all events with their keys,
#   include::schema:reasons[]      all reasons with their exit status,
#   include::schema:words[]        all other words of enumerations.
#
# Keys are given as raw roff, which asciidoctor has no form for: a column of names, one of texts.

require 'json'
require 'asciidoctor/extensions'

# The schema as text for the page.
class SchemaText
  # Types with another name in the page.
  PLAIN = { 'count' => 'number', 'hex_or_null' => 'hex', 'tristate' => 'boolean',
            'exit_code' => 'number', 'hidden' => 'hidden', 'command' => 'text',
            'acting_command' => 'text', 'valid_zone' => 'zone' }.freeze
  DOCUMENTS = %w[list check doctor policy jobs reporting report recover plan_event result].freeze
  COMMON = %w[command status exit_code changed elapsed_ms failures].freeze # keys of every document

  def initialize(file)
    @schema = JSON.parse(File.read(file))
    @defs = @schema['$defs']
    @shown = []
  end

  def lines(part)
    case part
    when /\Akeys-(.+)/ then keys_of(Regexp.last_match(1))
    when 'document' then table(rows_of(@schema['else']), 26)
    when 'objects' then objects
    when 'event' then table(rows_of(@defs['event']), 26)
    when 'events' then events
    when 'reasons' then reasons
    when 'words' then words
    else raise "schema: #{part} is not a part of it"
    end
  end

  private

  def roff(text)
    text.gsub('\\', '\\e').gsub('-', '\\-').gsub(/\A([.'])/, '\\\\&\1')
  end

  # Rows are a name, a type or nothing, and a text.
  def table(rows, width)
    return [] if rows.empty?

    entries = rows.map do |name, type, text|
      shown = type ? "\\fI#{roff(type)}\\fP  #{roff(text)}" : roff(text)
      [".TP #{width}", "\\fB#{roff(name).gsub(' ', '\\ ')}\\fP", shown.rstrip]
    end
    ['', '++++', '.sp', '.RS 0', '.PD 0', *entries.flatten, '.PD', '.RE', '++++', '']
  end

  def ref(node)
    node['$ref']&.delete_prefix('#/$defs/')
  end

  def null?(node)
    return true if node.key?('enum') && node['enum'].include?(nil)

    choices = node['anyOf'] || node['oneOf'] || []
    [*node['type']].include?('null') || choices.any? { |each| null?(each) } ||
      (ref(node) ? null?(@defs[ref(node)]) : false)
  end

  def object?(node)
    node.key?('properties') || node.key?('allOf') || (node.key?('then') && !node.key?('enum'))
  end

  # The type of a value in a word or two, without its null.
  def type_of(node)
    name = ref(node)
    return PLAIN[name] || named_type(name, @defs[name]) if name

    choice = (node['anyOf'] || node['oneOf'])&.find { |each| each['type'] != 'null' }
    return type_of(choice) if choice
    return 'text' if node['enum'] && node['meanings']
    return node['enum'].compact.join(' | ') if node['enum']
    return node['const'].inspect if node.key?('const')
    return "list of #{node['items']['properties'] ? 'objects' : type_of(node['items'])}" if node['items']

    word = ([*node['type']] - ['null']).join(' or ')
    { 'string' => 'text', 'integer' => 'number' }[word] || word
  end

  def named_type(name, node)
    node['items'] || (node['enum'] && !node['meanings']) ? type_of(node) : name
  end

  # What a key means: here, in general, or by its definition.
  def key_text(key, node)
    return '' if ref(node) == 'hidden' || node.key?('const')

    node['description'] || @schema['keys'][key] || @defs.dig(ref(node), 'description') ||
      raise("schema: the key #{key} has no description")
  end

  def key_type(key, node)
    type = type_of(node)
    type = 'bytes' if type == 'number' && key.match?(/_bytes\z|\Aalign\z/)
    type + (null?(node) ? (type.include?('|') ? ' | null' : '?') : '')
  end

  # Keys of an object, those of objects inside it behind their own key.
  def rows_of(node, before = '')
    node.fetch('properties', {}).flat_map do |key, value|
      next [] if value == true

      [[before + key, key_type(key, value), key_text(key, value)], *rows_of(inner(value), "#{before}  ")]
    end
  end

  # The object without a name that a value is, or that its items are.
  def inner(value)
    value = @defs[ref(value)] if ref(value) && @defs[ref(value)]['items'] && ref(value) != 'hidden'
    value['items'] || value
  end

  # Names of objects, and keys beside theirs, that an event has.
  def event_keys(node, event)
    name = ref(node)
    own = name&.match?(/_change\z|\A(?!plan).*_event\z/) # only for events
    names, rows = own ? event_keys(@defs[name], event) : [[*name], []]
    @shown << name if own
    branches = [node, *node['allOf']].filter_map { |each| branch(each, event) }
    branches.map { |each| event_keys(each, event) }.each do |more_names, more_rows|
      names |= more_names
      rows |= more_rows
    end
    [names, rows_of(node) | rows]
  end

  def branch(node, event)
    wanted = node.dig('if', 'properties', 'event') or return nil
    node[[wanted['const'], *wanted['enum']].include?(event) ? 'then' : 'else']
  end

  def sentence(text)
    text ? "#{text}." : nil
  end

  def keys_of(name)
    @shown << name
    node = @defs.fetch(name)
    rows = rows_of(node)
    rows.reject! { |key, *| COMMON.include?(key) } if DOCUMENTS.include?(name)
    base = ref(node) ? "All keys of _#{ref(node)}_, and:" : nil
    [sentence(node['description']), base, *table(rows, 26)].compact
  end

  def objects
    names = @defs.keys.select { |name| object?(@defs[name]) } - @shown - ['event']
    names.sort.flat_map { |name| ['', "=== #{name}", '', *keys_of(name)] }
  end

  def events
    node = @defs['event']
    general = rows_of(node)
    node['properties']['event']['enum'].flat_map do |event|
      about = node['properties']['event']['meanings'].fetch(event)
      names, rows = event_keys(node, event)
      rows = (rows - general).to_h { |row| [row[0], row] }.values
      all = names.map { |name| "All keys of _#{name}_#{rows.empty? ? '.' : ', and:'}" }
      ['', "=== #{event}", '', sentence(about), *all, *table(rows, 26)]
    end
  end

  def reasons
    codes = @defs['reason']['exit_codes']
    table(meanings('reason').map { |word, _, text| [word, nil, "(#{codes.fetch(word)}) #{text}"] }, 21)
  end

  def words
    names = @defs.keys.select { |name| @defs[name]['meanings'] } - ['reason']
    names.flat_map do |name|
      ['', "=== #{name}", '', sentence(@defs[name]['description']), *table(meanings(name), 20)].compact
    end
  end

  def meanings(name)
    node = @defs[name]
    node['enum'].compact.map { |word| [word, nil, sentence(node['meanings'].fetch(word))] }
  end
end

# Passes "include::schema:PART[]" on to the text.
class SchemaInclude < Asciidoctor::Extensions::IncludeProcessor
  def initialize(config = {})
    @texts = {}
    super
  end

  def handles?(target)
    target.start_with?('schema:')
  end

  def process(doc, reader, target, _attributes)
    file = doc.attr('schema')
    text = @texts[file] ||= SchemaText.new(file)
    lines = text.lines(target.delete_prefix('schema:'))
    reader.push_include(lines.join("\n"), target, target, 1, {})
    reader
  end
end

Asciidoctor::Extensions.register { include_processor SchemaInclude }
