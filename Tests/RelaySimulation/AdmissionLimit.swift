/// What commits promise of calls: read from the metadata that the model broker keeps.
extension World {
    /// The highest offset that may be called under the last acknowledged commit of an assignment; nil: no limit is in
    /// force, as long as commits carry offsets only.
    func admissionLimit(of assignment: TrackedAssignment) -> Int64? {
        nil
    }
}
