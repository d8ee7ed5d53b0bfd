extension Checks {
    /// A topic belongs to one pipeline, and nothing is written to a topic that is consumed here.
    mutating func checkTopics() {
        var owners: [String: String] = [:]
        let pipelines = root["pipelines"].members
        for (name, pipeline) in pipelines {
            for topic in pipeline["request"]["topic"].list {
                guard let text = topic.text else { continue }
                if let owner = owners[text] {
                    let other = owner == name ? "is there twice" : "already belongs to the pipeline '\(owner)'"
                    refuse(topic, "the topic '\(text)' \(other)", remedy: "a topic belongs to one pipeline: remove one")
                } else {
                    owners[text] = name
                }
                checkName(topic, text)
            }
        }
        for (_, pipeline) in pipelines {
            let reply = pipeline["reply"]["topic"]
            let deadLetter = pipeline["dead-letter"]["topic"]
            for topic in [reply, deadLetter] {
                guard let text = topic.text else { continue }
                if let owner = owners[text] {
                    refuse(
                        topic,
                        "'\(topic.key)' is '\(text)', which the pipeline '\(owner)' consumes: a loop",
                        remedy: "write to another topic"
                    )
                }
                checkName(topic, text)
            }
            if let text = deadLetter.text, text == reply.text {
                warn(
                    deadLetter,
                    "'\(deadLetter.key)' is the reply topic: each failure would be there twice",
                    remedy: "use another topic, or none"
                )
            }
        }
    }

    private mutating func checkName(_ topic: Setting, _ text: String) {
        if text == "." || text == ".." {
            refuse(topic, "'\(topic.key)' is '\(text)', which Kafka refuses as a topic", remedy: "use another name")
        } else if text.hasPrefix("__") {
            refuse(topic, "'\(topic.key)' is '\(text)', an internal topic", remedy: "use another topic")
        }
    }
}
